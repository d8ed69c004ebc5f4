/** Where answers come from: the gateway that served the page, unless the page holds its facts itself. */
import type { PageState } from '../../contract/dashboard.ts';
import type { Answer, OperationName, Params } from '../../contract/operations.ts';

export interface OwnFacts {
  /** After the last of them. */
  readonly state: PageState;
  /** @throws {Refused} */
  call<Name extends OperationName>(name: Name, params: Params<Name>): Promise<Answer<Name>>;
}

let own: OwnFacts | null = null;

/** To be called before the page begins. */
export function answerFromOwn(facts: OwnFacts): void {
  own = facts;
}

export function ownFacts(): OwnFacts | null {
  return own;
}
