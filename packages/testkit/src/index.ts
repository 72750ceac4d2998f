export { diffCensus, takeCensus } from './census/census.ts';
export type { Category, Census, CensusOptions, CensusProcess } from './census/types.ts';
export type { WithCensusOptions } from './census/with-census.ts';
export { CensusError, withCensus } from './census/with-census.ts';
export type { FailAction, Failure } from './failpoints.ts';
export { FailpointError, Failpoints, parseFailures } from './failpoints.ts';
export { FakeClock } from './fake-clock.ts';
export type { ArgvMatcher, FakeAnswer, FakeCall } from './fake-runner.ts';
export { FakeRunner } from './fake-runner.ts';
