/** An interface has a name that we want, and is not ours. Nothing was changed. */
export class LinkConflictError extends Error {
  override readonly name = 'LinkConflictError';
  readonly link: string;
  /** The alias found; undefined when it has none. */
  readonly alias: string | undefined;
  readonly expectedAlias: string;

  constructor(link: string, alias: string | undefined, expectedAlias: string, options?: ErrorOptions) {
    const owner = alias === undefined ? 'has no owner alias' : `belongs to ${alias}`;
    super(`interface ${link} exists and ${owner}; wanted ${expectedAlias}`, options);
    this.link = link;
    this.alias = alias;
    this.expectedAlias = expectedAlias;
  }
}

/** `ip -json` printed something that this version cannot read. */
export class IpOutputError extends Error {
  override readonly name = 'IpOutputError';
}
