import { lookup } from 'node:dns/promises';

/**
 * What may be wrong with the way to a server, for the remedy of a failed download.
 * @param {string} what who was asked, for example `npm's registry`
 * @param {string} host
 * @returns {Promise<string[]>}
 */
export async function explainNetwork(what, host) {
  try {
    await lookup(host);
  } catch {
    return [
      `The name ${host} (${what}) cannot be resolved: this host seems to have no network or no DNS.`,
      'Connect it and run the command again; what is done already is not done again.',
      'Behind a proxy, set HTTP_PROXY and HTTPS_PROXY first.',
    ];
  }
  return [
    'If the lines above speak of the network, run the command again: what is done already is not done again.',
    'Behind a proxy, set HTTP_PROXY and HTTPS_PROXY first.',
  ];
}
