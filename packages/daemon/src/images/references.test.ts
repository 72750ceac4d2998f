import { describe, expect, it } from 'vitest';
import { sampleImage } from '../store/testing.ts';
import { embeddedCatalog } from './catalog.ts';
import { findLocal, requireLocal } from './references.ts';

const newer = sampleImage(1, { id: 'abcd000000000001' });
const older = sampleImage(2, { id: 'abcd000000000002' });
const twelve = sampleImage(3, { id: 'beef000000000003', name: 'debian:12' });
const images = [newer, older, twelve];
const find = (ref: string) => findLocal(ref, images, embeddedCatalog)?.id;

describe('a reference', () => {
  it.each([
    ['a name', 'debian:13', newer.id],
    ['an alias', 'debian', newer.id],
    ['another alias', 'debian:bookworm', twelve.id],
    ['an id', older.id, older.id],
    ['a unique prefix of an id', 'beef', twelve.id],
    ['a prefix in capitals', 'BEEF00', twelve.id],
  ])('is %s', (_what, ref, id) => expect(find(ref)).toBe(id));

  it.each([
    ['a prefix of several ids', 'abcd'],
    ['a prefix of less than four digits', 'bee'],
    ['nothing', ''],
    ['a name that nobody has', 'ubuntu'],
    ['a part of a name', 'debian:1'],
  ])('is not %s', (_what, ref) => expect(find(ref)).toBeUndefined());
});

describe('the error', () => {
  const failure = (ref: string, local = images) => {
    try {
      requireLocal(ref, local, embeddedCatalog);
    } catch (error) {
      return error;
    }
    throw new Error('it was found');
  };

  it('says how to get what is in the catalog only', () => {
    expect(failure('debian', [])).toMatchObject({
      code: 'image_not_found',
      message: 'image debian:13 is in the catalog but not on this host',
      remediation: 'Get it with `banger image pull debian`.',
    });
  });

  it.each([
    ['debain', 'debian'],
    ['debian:14', 'debian:13'],
    ['debian:trixy', 'debian:trixie'],
  ])('has a suggestion for %s', (ref, suggestion) => {
    expect(failure(ref)).toMatchObject({
      code: 'image_not_found',
      message: `no image is called ${ref}`,
      remediation: expect.stringContaining(`Did you mean ${suggestion}?`),
      details: { image: ref, suggestion },
    });
  });

  it('has none where nothing is near', () => {
    const error = failure('windows');
    expect(error).toMatchObject({ remediation: '`banger image list` shows local images and the catalog.' });
    expect(error).not.toHaveProperty('details.suggestion');
  });
});
