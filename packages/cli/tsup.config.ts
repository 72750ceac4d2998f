import { defineConfig } from 'tsup';
import { build } from '../../tsup.base.ts';

// dist/main.js is the program banger: everything that it needs is bundled, commands are loaded when they run.
export default defineConfig(build(['src/main.ts'], { splitting: true, noExternal: [/.*/] }));
