/** What an error is, it says at its beginning. */
export const errorWordsMax = 65_536;
