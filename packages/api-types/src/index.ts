export * from './client-types.ts';
export * from './errors.ts';
export * from './frame-codec.ts';
export * from './frames.ts';
export * from './line-reader.ts';
export * from './methods.ts';
export * from './protocol.ts';
export * from './rpc-error.ts';
