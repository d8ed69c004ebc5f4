/** What a sentence puts in, by name, and the sentence with names in the places. */
export function said(say: (params: never) => string): { readonly names: readonly string[]; readonly text: string } {
  const names = new Set<string>();
  const params = new Proxy({}, { get: (_, name) => names.add(String(name)) && `<${String(name)}>` });
  const text = say(params as never);
  return { names: [...names].sort(), text };
}

export const chinese = /\p{Script=Han}/u;
