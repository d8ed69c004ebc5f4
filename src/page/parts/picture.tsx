/** The endpoint machine as a picture: where it is, and what may move it from there. Signs on the arrows are numbers of the list beside it. */

import { endpointPicture, type Point } from '../../../machines/endpoint-picture.ts';
import type { EndpointState } from '../../../machines/routing-view.ts';
import type { NextRow } from '../../contract/health.ts';
import { text } from './text.ts';

const { width, height, box, states, ways } = endpointPicture;
const signSize = 10;

interface PictureProps {
  readonly state: string;
  /** In the order of the list. */
  readonly next: readonly NextRow[];
}

export function MachinePicture({ state, next }: PictureProps) {
  const possible = new Map<string, readonly number[]>();
  next.forEach(({ to }, place) => {
    const way = `${state} ${to}`;
    possible.set(way, [...(possible.get(way) ?? []), place + 1]);
  });
  const drawn = Object.entries(ways).sort(([a], [b]) => Number(possible.has(a)) - Number(possible.has(b)));
  const { endpoint } = text().views;
  return (
    <svg class="machine" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={endpoint.chart}>
      <defs>
        <marker
          id="tip"
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerWidth="7"
          markerHeight="7"
          orient="auto-start-reverse"
        >
          <path d="M0 0.8 7 4 0 7.2z" />
        </marker>
        <marker
          id="tip-strong"
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerWidth="6"
          markerHeight="6"
          orient="auto-start-reverse"
        >
          <path d="M0 0.8 7 4 0 7.2z" />
        </marker>
      </defs>
      {drawn.map(([way, point]) => (
        <Way key={way} way={way} point={point} isPossible={possible.has(way)} />
      ))}
      {Object.entries(states).map(([name, at]) => (
        <State key={name} name={name as EndpointState} at={at} isHere={name === state} />
      ))}
      {[...possible].map(([way, places]) => (
        <Sign key={way} at={ways[way]} said={places.join(' ')} />
      ))}
    </svg>
  );
}

function Way({
  way,
  point,
  isPossible,
}: {
  readonly way: string;
  readonly point: Point;
  readonly isPossible: boolean;
}) {
  const [from = '', to = ''] = way.split(' ');
  const [begin, end] = [states[from], states[to]];
  if (!begin || !end || from === to) return null;
  const [a, b] = [edgeOf(begin, point), edgeOf(end, point)];
  // The curve goes through the point in its middle.
  const control = { x: 2 * point.x - (a.x + b.x) / 2, y: 2 * point.y - (a.y + b.y) / 2 };
  return (
    <path
      class={isPossible ? 'way is-possible' : 'way'}
      d={`M${a.x} ${a.y}Q${control.x} ${control.y} ${b.x} ${b.y}`}
      marker-end={isPossible ? 'url(#tip-strong)' : 'url(#tip)'}
    />
  );
}

/** Where the line from a box's centre to a point leaves the box, and a little further. */
function edgeOf(centre: Point, to: Point): Point {
  const [dx, dy] = [to.x - centre.x, to.y - centre.y];
  const share = Math.min(
    dx === 0 ? 1 : (box.width / 2 + 3) / Math.abs(dx),
    dy === 0 ? 1 : (box.height / 2 + 3) / Math.abs(dy),
    1,
  );
  return { x: centre.x + dx * share, y: centre.y + dy * share };
}

function State({ name, at, isHere }: { readonly name: EndpointState; readonly at: Point; readonly isHere: boolean }) {
  return (
    <g class={`box s-${name}${isHere ? ' is-here' : ''}`}>
      <rect x={at.x - box.width / 2} y={at.y - box.height / 2} width={box.width} height={box.height} rx="7" />
      <text x={at.x} y={at.y + 5} text-anchor="middle">
        {text().code('states', name)}
      </text>
    </g>
  );
}

function Sign({ at, said }: { readonly at: Point | undefined; readonly said: string }) {
  if (!at) return null;
  const half = signSize + 4 * (said.length - 1);
  return (
    <g class="sign">
      <rect x={at.x - half} y={at.y - signSize} width={2 * half} height={2 * signSize} rx={signSize} />
      <text x={at.x} y={at.y + 4.5} text-anchor="middle">
        {said}
      </text>
    </g>
  );
}
