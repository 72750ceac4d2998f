import { randomInt } from 'node:crypto';

const qualities =
  'able amber bold brave brisk calm clear clever cosy crisp deft eager early fair fine fleet fresh gentle glad golden happy hardy keen kind lively lucid mellow merry mild neat nimble noble plain proud quick quiet ready sharp silent sleek smart snug solid spry steady still sunny swift tidy vivid warm wise witty young'.split(
    ' ',
  );
const animals =
  'ant badger bat bear beaver bee bison boar crab crane crow deer dove duck eagle elk falcon ferret finch fox frog gecko goat goose hare hawk heron horse ibex jay koala lark lemur lion lynx magpie mole moose moth newt otter owl panda pony puma quail raven robin seal shrew skunk sloth snail stork swan tapir tiger toad trout vole wasp whale wolf wren yak zebra'.split(
    ' ',
  );

/** A friendly free name such as `keen-otter`; with a number where the short ones are taken. */
export function freeName(isTaken: (name: string) => boolean): string {
  for (let attempt = 0; ; attempt++) {
    const base = `${pick(qualities)}-${pick(animals)}`;
    const name = attempt < 8 ? base : `${base}-${randomInt(10_000)}`;
    if (!isTaken(name)) return name;
  }
}

function pick(words: readonly string[]): string {
  return words[randomInt(words.length)] ?? '';
}
