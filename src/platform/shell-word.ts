/** Text as one word of a POSIX shell: what is printed as a command can be copied, whatever a file is called. */
export function shellWord(text: string): string {
  return /^[\p{L}\p{N}_@%+=:,./-]+$/u.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
