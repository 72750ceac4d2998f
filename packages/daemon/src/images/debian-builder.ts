import type { ErrorCode } from '@banger/api-types';
import { buildDebianImage, ImageError, type ImageErrorCode } from '@banger/imagemgr';
import type { Runner } from '@banger/system';
import { BangerError } from '../errors.ts';
import type { ImageBuilder } from './builder.ts';

const codes: Partial<Record<ImageErrorCode, ErrorCode>> = {
  tool_missing: 'prerequisite_missing',
  disk_full: 'disk_full',
};

/** Builds Debian images on this host from a mirror. */
export function createDebianBuilder({
  runner,
  mirror,
}: {
  readonly runner: Runner;
  readonly mirror: string;
}): ImageBuilder {
  return {
    async build({ suite }, directory, { signal, progress }) {
      const onProgress = ({ message, fraction }: { message: string; fraction?: number | null }): void =>
        progress(message, fraction ?? undefined);
      try {
        return await buildDebianImage({ suite, mirror, directory, runner, signal, onProgress });
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof ImageError)) throw error;
        const { message, remediation, details } = error;
        throw new BangerError(codes[error.code] ?? 'image_build_failed', message, {
          ...(remediation !== undefined && { remediation }),
          ...(details !== undefined && { details }),
          cause: error,
        });
      }
    },
  };
}
