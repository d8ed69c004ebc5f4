/** What exactly is wrong, where one error has many causes: a code for each, and what belongs into its clause. */
type Nothing = Readonly<Record<never, never>>;
type Most = { readonly most: number };

/** Of content that is read within limits. */
interface BoundFaults {
  readonly tooManyBytes: Most;
  readonly tooDeep: Most;
  readonly tooManyValues: Most;
  readonly tooManyFacts: Most;
  readonly longLine: Most;
}

/** Of a file that is imported. `noun`: `profiles`, `endpoints`; `kind`: `profile`, `endpoint`. */
interface ImportFaults {
  readonly notJson: Nothing;
  readonly badField: { readonly at: string; readonly expected: string };
  readonly checksum: Nothing;
  readonly twoDefaults: Nothing;
  readonly noSetting: { readonly key: string };
  readonly notSecret: { readonly key: string };
  readonly secretInClear: { readonly key: string };
  readonly settingRange: { readonly key: string; readonly range: string; readonly chinese: string };
  readonly twice: { readonly kind: string; readonly name: string };
  readonly strangeSecrets: Nothing;
  readonly costlyKeys: { readonly n: number; readonly r: number; readonly p: number; readonly most: string };
  readonly tooMany: { readonly noun: string; readonly count: number; readonly most: number };
  readonly longField: { readonly field: string; readonly most: number };
  readonly notCcSwitch: Nothing;
  readonly notFastcc: Nothing;
  readonly badDatabase: { readonly said: string };
  readonly noProviders: Nothing;
  readonly notPlainTable: Nothing;
  readonly computedColumn: { readonly name: string };
  readonly longProvider: { readonly characters: number; readonly most: number };
}

/** Of a backup, or of a copy that becomes one. */
interface BackupFaults {
  readonly unlisted: Nothing;
  readonly fileMissing: { readonly file: string };
  readonly nothingInside: Nothing;
  readonly expands: Most;
  readonly noList: Nothing;
  readonly longList: { readonly bytes: number; readonly most: number };
  readonly badList: Nothing;
  readonly listBeyond: Nothing;
  readonly tooManyFiles: { readonly count: number; readonly most: number };
  readonly listedTwice: Nothing;
  readonly tooLarge: { readonly bytes: number; readonly most: number };
  readonly noRoom: { readonly bytes: number; readonly room: number };
  readonly strangeName: Nothing;
  readonly shortLog: { readonly head: number; readonly facts: number };
  readonly foreign: { readonly said: string };
}

/** Of an incident file. */
interface IncidentFaults {
  readonly notIncident: Nothing;
  readonly noEnd: Nothing;
  readonly altered: Nothing;
  readonly badState: Nothing;
  readonly notFact: { readonly seq: number };
  readonly impossible: { readonly said: string };
}

/** Of a home that a newer qcc made. */
interface HomeFaults {
  readonly newerFormat: { readonly format: number; readonly known: number };
  readonly newerFact: { readonly said: string };
}

/** Of Claude Code's settings. */
interface ClaudeFaults {
  readonly badJson: { readonly said: string; readonly line: number };
  readonly notObject: Nothing;
  readonly envNotObject: Nothing;
}

/** Of a base URL. */
interface UrlFaults {
  readonly holdsKey: Nothing;
  readonly noScheme: Nothing;
  readonly holdsUser: Nothing;
  readonly holdsQuery: Nothing;
  readonly linkLocal: Nothing;
}

/** Of a rule of a model map. */
interface ModelFaults {
  readonly ruleForm: Nothing;
  readonly ruleEmpty: Nothing;
  readonly ruleGlob: Nothing;
  readonly ruleLetters: Nothing;
  readonly ruleLong: Most;
}

/** Of the pair that an HTTPS listener needs. */
interface CertificateFaults {
  readonly half: { readonly set: string; readonly lacks: string };
  readonly expired: { readonly path: string; readonly at: string };
  readonly early: { readonly path: string; readonly at: string };
  readonly apart: { readonly path: string; readonly key: string };
  readonly unread: { readonly setting: string; readonly path: string; readonly code: string };
  readonly form: { readonly path: string };
}

interface FaultsOf {
  readonly bound: BoundFaults;
  readonly import: ImportFaults;
  readonly backup: BackupFaults;
  readonly incident: IncidentFaults;
  readonly home: HomeFaults;
  readonly claude: ClaudeFaults;
  readonly url: UrlFaults;
  readonly model: ModelFaults;
  readonly certificate: CertificateFaults;
}

type All = BoundFaults &
  ImportFaults &
  BackupFaults &
  IncidentFaults &
  HomeFaults &
  ClaudeFaults &
  UrlFaults &
  ModelFaults &
  CertificateFaults;

export type FaultCode = keyof All;

/** One of these faults, with its own params. */
export type Fault<Of extends keyof FaultsOf = keyof FaultsOf> = {
  readonly [Noun in Of]: {
    readonly [Code in keyof FaultsOf[Noun]]: { readonly fault: Code } & FaultsOf[Noun][Code];
  }[keyof FaultsOf[Noun]];
}[Of];

/** The clauses of all faults in one language. */
export type FaultWords = { readonly [Code in FaultCode]: (params: All[Code]) => string };

/** Undefined for a fault of a newer version. */
export function clauseOf(words: FaultWords, params: object): string | undefined {
  const { fault } = params as { readonly fault?: string };
  if (fault === undefined || !Object.hasOwn(words, fault)) return undefined;
  return (words as unknown as Readonly<Record<string, (params: object) => string>>)[fault]?.(params);
}

type Because = Readonly<Record<string, string>>;

/**
 * What an import or a rollback had to leave out: in the params of its error a path and a code on each line. `words` has a
 * `because_…` for each code; one of a newer version is shown as it is.
 */
export function partsText(parts: string | number, words: object, colon: string, separator: string): string {
  const said = words as Because;
  return String(parts)
    .split('\n')
    .map((line) => {
      const at = line.lastIndexOf(' ');
      const code = line.slice(at + 1);
      return `${line.slice(0, at)}${colon}${said[`because_${code}`] ?? code}`;
    })
    .join(separator);
}
