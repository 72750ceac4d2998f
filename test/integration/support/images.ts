import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRunner } from '@banger/system';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const sources = ['packages/imagemgr/src', 'packages/daemon/src/images'];

/** Where built images are kept between runs; the name changes with the code that builds them. */
async function imageCache(): Promise<string> {
  const hash = createHash('sha256');
  for (const source of sources) {
    const names = await readdir(join(repository, source), { recursive: true, withFileTypes: true });
    const files = names
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
      .map((entry) => join(entry.parentPath, entry.name));
    for (const file of files.toSorted()) hash.update(file.slice(repository.length)).update(await readFile(file));
  }
  return join('/var/cache/banger-tests', hash.digest('hex').slice(0, 16));
}

/** Gives a state directory the images that all tests share, as hard links where the file system allows it. */
export async function shareImages(stateDir: string, build: (cache: string) => Promise<void>): Promise<void> {
  const cache = await imageCache();
  const images = join(cache, 'images');
  if (!(await isThere(images))) {
    const building = `${cache}.building`;
    await rm(building, { recursive: true, force: true });
    await mkdir(building, { recursive: true, mode: 0o700 });
    await build(building);
    await mkdir(dirname(cache), { recursive: true });
    await rename(building, cache);
  }
  const runner = createRunner({ env: { PATH: '/usr/bin:/bin' } });
  const target = join(stateDir, 'images');
  await runner.run(['cp', '-al', '--', images, target]).catch(() => cp(images, target, { recursive: true }));
}

async function isThere(directory: string): Promise<boolean> {
  return (await readdir(directory).catch(() => [])).length > 0;
}
