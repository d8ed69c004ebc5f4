/** Which command was meant by a word that is none where it stands. */
import type { Commands } from '../commands/command.ts';
import { nearest } from '../platform/nearest.ts';
import { root } from './manifest.ts';

// `qcc stats` may be one of three. More would be no help.
const meantMax = 3;
// What has another form here. By its letters alone each would be answered with what undoes nothing, or with what removes.
const otherForms: ReadonlyMap<string, string> = new Map([
  ['uninstall-service', 'qcc proxy install-service --uninstall'],
  ['remove-service', 'qcc proxy install-service --uninstall'],
  ['rename', 'qcc endpoint update --name'],
  ['unpin', 'qcc priority switch --release'],
  ['release', 'qcc priority switch --release'],
]);

/**
 * A person who types `qcc doctor` knows the command, not the noun that it stands under: a name that is right elsewhere comes before one that is
 * nearly right here.
 * @param known the commands that stand where the word was typed
 * @param name how the place is typed: `qcc endpoint`
 * @returns commands as they are typed, none when nothing is near
 */
export function commandsMeant(word: string, known: Commands, name: string): readonly string[] {
  const other = otherForms.get(word);
  if (other !== undefined) return [other];
  const all = commandsByName();
  const exact = all.get(word);
  if (exact) return exact.slice(0, meantMax);
  const here = nearest(word, Object.keys(known));
  if (here !== undefined) return [`${name} ${here}`];
  // Among so many, a distant one would be chance.
  const there = nearest(
    word,
    [...all.keys()].filter((one) => one[0] === word[0]),
  );
  return all.get(there ?? '')?.slice(0, meantMax) ?? [];
}

/** All commands as they are typed, by their last word. */
function commandsByName(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  const walk = (sub: Commands, path: string) => {
    for (const [name, command] of Object.entries(sub)) {
      found.set(name, [...(found.get(name) ?? []), `${path} ${name}`]);
      walk(command.sub ?? {}, `${path} ${name}`);
    }
  };
  walk(root.sub ?? {}, 'qcc');
  return found;
}
