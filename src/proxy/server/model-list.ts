/**
 * `GET /v1/models` out of memory, as soon as an endpoint has a table of models: the names that clients ask for, and where each goes. The
 * client waits for three seconds at most and does not ask twice, so no endpoint is asked. Without any table the request goes on to one.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { mapped } from '../../../machines/model-map.ts';
import type { RoutableEndpoint, RoutingView } from '../../../machines/routing-view.ts';
import { visible } from '../../platform/visible.ts';
import type { Target } from '../upstream/target.ts';

type Forward = Extract<Target, { kind: 'forward' }>;

/** Names that all clients know, for a table of globs alone. */
const wellKnown = ['claude-haiku-4-5', 'claude-sonnet-4-5', 'claude-opus-4-5'];
// Clients name models as they like, and the newest names are the ones in use.
const askedMax = 64;
const limitDefault = 20;
const limitMax = 1_000;
// A name is shown in a menu.
const waysShown = 3;
/** No endpoint tells when a model was made, and the answer needs an instant. */
const createdAt = '1970-01-01T00:00:00Z';

export interface ListedModel {
  readonly type: 'model';
  readonly id: string;
  /** The name, and the endpoints that serve it in their order, with what they call it. */
  readonly display_name: string;
  readonly created_at: string;
}

interface Asking {
  readonly request: IncomingMessage;
  readonly client: ServerResponse;
  readonly id: string;
  readonly target: Forward;
}

export class ModelList {
  /** The names of models that clients have asked for of late. */
  readonly #names = new Set<string>();

  asked(model: string | null): void {
    if (model === null || this.#names.has(model)) return;
    this.#names.add(model);
    const [oldest] = this.#names;
    if (this.#names.size > askedMax && oldest !== undefined) this.#names.delete(oldest);
  }

  /** False where an endpoint answers it: another request, or no table. */
  answers(view: RoutingView, { request, client, id, target }: Asking): boolean {
    if (request.method !== 'GET' || target.path !== '/v1/models') return false;
    const models = listedModels(view, target.within, this.#names);
    if (models === undefined) return false;
    request.resume();
    const page = JSON.stringify(pageOf(models, new URLSearchParams(target.query)));
    answer(client, id, page, request.headers['if-none-match']);
    return true;
  }
}

/** Undefined without any table. */
function listedModels(
  view: RoutingView,
  within: string | null,
  asked: Iterable<string>,
): readonly ListedModel[] | undefined {
  const profiles = within === null ? view.ladder : [view.profiles.get(within)].filter((one) => one !== undefined);
  const endpoints = profiles.flatMap((profile) => profile.endpoints).filter(({ state }) => state !== 'disabled');
  if (endpoints.every(({ models }) => models.length === 0)) return undefined;
  return namesOf(endpoints, asked).flatMap((id) => {
    const ways = endpoints.flatMap((endpoint) => wayOf(endpoint, id) ?? []);
    if (ways.length === 0) return [];
    const shown = [...ways.slice(0, waysShown), ...(ways.length > waysShown ? ['…'] : [])].join(' → ');
    return [{ type: 'model' as const, id, display_name: visible(`${id} · ${shown}`), created_at: createdAt }];
  });
}

/** Exact names of rules first, as their owners wrote them. */
function namesOf(endpoints: readonly RoutableEndpoint[], asked: Iterable<string>): readonly string[] {
  const exact = endpoints
    .flatMap(({ models }) => models.map(({ from }) => from))
    .filter((from) => /^claude-[^*]+$/.test(from));
  return [...new Set([...exact, ...asked, ...wellKnown])];
}

/** What the endpoint makes of the name; undefined where nothing says that it can serve it. */
function wayOf({ profile, name, models }: RoutableEndpoint, id: string): string | undefined {
  const to = mapped(models, id);
  if (to.kind === 'sent') return `${profile}/${name} ${to.model}`;
  // With a table, what is not in it is not promised; without one, the endpoint is a copy of the API.
  return to.kind === 'as-is' && models.length === 0 && id.startsWith('claude-') ? `${profile}/${name}` : undefined;
}

/** Who has the list already is told so. */
function answer(client: ServerResponse, id: string, page: string, ifNoneMatch: string | undefined): void {
  const etag = `"${createHash('sha256').update(page).digest('base64url')}"`;
  const head = ['etag', etag, 'x-qcc-request-id', id, 'cache-control', 'no-cache'];
  if (ifNoneMatch?.split(',').some((one) => one.trim().replace(/^W\//, '') === etag)) {
    client.writeHead(304, head);
    client.end();
    return;
  }
  const length = String(Buffer.byteLength(page));
  client.writeHead(200, ['content-type', 'application/json', 'content-length', length, ...head]);
  client.end(page);
}

/** As the API pages its own list. */
function pageOf(all: readonly ListedModel[], query: URLSearchParams) {
  const asked = Number(query.get('limit') ?? limitDefault);
  const limit = Number.isInteger(asked) && asked > 0 ? Math.min(asked, limitMax) : limitDefault;
  const after = all.findIndex(({ id }) => id === query.get('after_id'));
  const rest = all.slice(after + 1);
  const data = rest.slice(0, limit);
  return { data, has_more: rest.length > limit, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
}
