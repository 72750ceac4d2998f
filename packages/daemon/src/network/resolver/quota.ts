/** Counts what is under way, in all and per client; what is over a limit is refused at once, nothing waits. */
export class Quota {
  readonly #total: number;
  readonly #perClient: number;
  readonly #byClient = new Map<string, number>();
  #used = 0;

  constructor(limits: { readonly total: number; readonly perClient: number }) {
    this.#total = limits.total;
    this.#perClient = limits.perClient;
  }

  get used(): number {
    return this.#used;
  }

  /** True when there is room; then `leave` must follow. */
  enter(client: string): boolean {
    const mine = this.#byClient.get(client) ?? 0;
    if (this.#used >= this.#total || mine >= this.#perClient) return false;
    this.#used += 1;
    this.#byClient.set(client, mine + 1);
    return true;
  }

  leave(client: string): void {
    const mine = (this.#byClient.get(client) ?? 1) - 1;
    this.#used -= 1;
    if (mine === 0) this.#byClient.delete(client);
    else this.#byClient.set(client, mine);
  }
}
