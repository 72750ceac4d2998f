/** Locks were taken in an order that could end in a deadlock, or used without being held: a defect, never a user's fault. */
export class LockOrderError extends Error {
  override readonly name = 'LockOrderError';
}
