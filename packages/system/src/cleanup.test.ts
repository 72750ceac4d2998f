import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { CleanupStack, undoOnError } from './cleanup.ts';

describe('CleanupStack', () => {
  it('undoes in reverse when its scope ends', async () => {
    const undone: string[] = [];
    {
      await using stack = new CleanupStack();
      stack.defer('a', () => void undone.push('a'));
      const made = await stack.acquire(
        'b',
        async () => 'thing',
        async (thing) => void undone.push(thing),
      );
      expect(made).toBe('thing');
    }
    expect(undone).toEqual(['thing', 'a']);
  });

  it('defers nothing for what could not be made', async () => {
    const stack = new CleanupStack();
    const making = stack.acquire(
      'x',
      () => {
        throw new Error('no');
      },
      () => {},
    );
    await expect(making).rejects.toThrow('no');
    expect(stack.size).toBe(0);
  });

  it('keeps what was moved or committed', async () => {
    const undone: string[] = [];
    let kept: CleanupStack;
    {
      await using stack = new CleanupStack();
      stack.defer('a', () => void undone.push('a'));
      kept = stack.move();
      expect(stack.size).toBe(0);
    }
    expect(undone).toEqual([]);
    await kept.unwind();
    expect(undone).toEqual(['a']);
    kept.defer('b', () => void undone.push('b'));
    kept.commit();
    await kept.unwind();
    expect(undone).toEqual(['a']);
  });

  it('goes on after a failed undo and reports every failure', async () => {
    const undone: string[] = [];
    const stack = new CleanupStack();
    stack.defer('directory /x', () => Promise.reject(new Error('busy')));
    stack.defer('middle', () => void undone.push('middle'));
    stack.defer('TAP bt0', () => {
      throw new Error('gone wrong');
    });
    const error: unknown = await stack.unwind().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AggregateError);
    expect((error as AggregateError).errors.map(String)).toEqual([
      'Error: could not undo TAP bt0: gone wrong',
      'Error: could not undo directory /x: busy',
    ]);
    expect(undone).toEqual(['middle']);
    expect(stack.size).toBe(0);
  });

  it('bounds each undo in time, with a signal and without', async () => {
    const undone: string[] = [];
    const stack = new CleanupStack();
    stack.defer('last', (signal) => void undone.push(`aborted: ${signal.aborted}`));
    stack.defer('hanging', () => new Promise(() => {}));
    stack.defer('polite', async (signal) => {
      await once(signal, 'abort');
      throw new Error('gave up');
    });
    const error = (await stack.unwind(20).catch((reason: unknown) => reason)) as AggregateError;
    expect(error.errors).toHaveLength(2);
    expect(error.message).toContain('could not undo hanging: not done within 20 ms');
    expect(undone).toEqual(['aborted: false']);
  });
});

describe('undoOnError', () => {
  it('keeps everything on success', async () => {
    let undone = false;
    const result = await undoOnError(async (stack) => {
      stack.defer('a', () => void (undone = true));
      return 7;
    });
    expect([result, undone]).toEqual([7, false]);
  });

  it('throws the first cause itself when the undos work', async () => {
    const cause = new Error('first');
    let undone = false;
    const failing = undoOnError(async (stack) => {
      stack.defer('a', () => void (undone = true));
      throw cause;
    });
    await expect(failing).rejects.toBe(cause);
    expect(undone).toBe(true);
  });

  it('throws the first cause with all errors of undos', async () => {
    const cause = new Error('first');
    const failing = undoOnError(async (stack) => {
      stack.defer('a', () => Promise.reject(new Error('stuck')));
      throw cause;
    });
    const error = (await failing.catch((reason: unknown) => reason)) as AggregateError;
    expect(error).toBeInstanceOf(AggregateError);
    expect(error.cause).toBe(cause);
    expect(error.errors[0]).toBe(cause);
    expect(error.message).toBe('first; could not undo a: stuck');
  });
});
