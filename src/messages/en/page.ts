import { type HeadlineWords, headline } from './page-headline.ts';
import { type PlainWords, plain } from './page-plain.ts';

/** The page's words. Facts, reasons and rules have the words of the history. */
export interface PageWords {
  readonly title: string;
  readonly lang: string;
  readonly headline: HeadlineWords;
  readonly command: {
    readonly opened: (origin: string) => string;
    readonly once: (port: string) => string;
    readonly noBrowser: string;
    readonly untilInterrupted: string;
  };
  readonly plain: PlainWords;
}

export const page: PageWords = {
  title: 'qcc',
  lang: 'en',
  headline,
  command: {
    opened: (origin) => `the dashboard is open in your browser: ${origin}`,
    once: (port) =>
      `good once, within a minute. Over SSH, forward the same port number: ssh -L ${port}:127.0.0.1:${port} …`,
    noBrowser: 'no browser was found here; open this address within a minute:',
    untilInterrupted: 'Ctrl-C ends it',
  },
  plain,
};
