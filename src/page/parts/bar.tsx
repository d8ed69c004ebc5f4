/** A bar of time, coloured by state. */
import type { EndpointBand } from '../../contract/dashboard.ts';
import { piecesOf } from '../spans.ts';
import { becauseText, text, timeOf } from './text.ts';

interface StateBarProps {
  readonly band: EndpointBand | undefined;
  readonly from: number;
  readonly to: number;
}

// In units of the drawing; the page stretches it.
const width = 600;
const height = 14;

export function StateBar({ band, from, to }: StateBarProps) {
  const pieces = piecesOf(band?.spans ?? [], from, to);
  const { code } = text();
  const told = pieces.map(({ span }) => `${timeOf(span.from)} ${code('states', span.state)}`).slice(-8);
  return (
    <svg
      class="bar-of-states"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${text().views.now.hour}: ${told.join(', ')}`}
    >
      <rect class="s-none" width={width} height={height} />
      {pieces.map(({ span, x, width: share }) => (
        <rect key={span.from} class={`s-${span.state}`} x={x * width} width={share * width} height={height}>
          <title>{`${timeOf(span.from)} – ${timeOf(span.to)} ${code('states', span.state)} ${becauseText(span.because)}`}</title>
        </rect>
      ))}
    </svg>
  );
}
