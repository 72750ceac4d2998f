import type { MethodName, ParsedParams, Result } from '@banger/api-types';
import type { Handlers } from '../types.ts';

/** What the image methods need of the image service. */
export interface ImageService {
  list(): Result<'image.list'>;
  show(ref: string): Result<'image.show'>;
  pull(params: ParsedParams<'image.pull'>): Result<'op.status'>;
  delete(ref: string, signal: AbortSignal): Promise<Result<'image.delete'>>;
}

export function imageHandlers(images: ImageService): Pick<Handlers, Extract<MethodName, `image.${string}`>> {
  return {
    'image.list': () => images.list(),
    'image.show': ({ image }) => images.show(image),
    'image.pull': (params) => ({ operation: images.pull(params) }),
    'image.delete': ({ image }, { signal }) => images.delete(image, signal),
  };
}
