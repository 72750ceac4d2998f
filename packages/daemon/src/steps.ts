import type { AnyStepType, Json, PlannedStep, StepType } from './ops/types.ts';

/** Plans one step; the intent's type is checked against the step type here, and only here. */
export function planStep<I extends Json, O extends Json>(type: StepType<I, O>, stage: string, intent: I): PlannedStep {
  return { type: type.name, stage, intent };
}

/** Forgets the intent and output types, for a registry. Sound because planStep is the only maker of planned steps. */
export function anyStep<I extends Json, O extends Json>(type: StepType<I, O>): AnyStepType {
  return type;
}

/** A step that leads on and is not undone: safe to repeat, and repeated after a restart. */
export function forwardStep<I extends Json, O extends Json>(name: string, act: StepType<I, O>['do']): StepType<I, O> {
  return { name, do: act, undo: () => Promise.resolve(), observe: () => Promise.resolve(undefined) };
}
