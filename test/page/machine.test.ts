/** The picture of the endpoint machine has a place for everything, and nothing lies on anything else. */
import { describe, expect, it } from 'vitest';
import { drawingOf } from '../../machines/chart.ts';
import { drawnFacts, endpointPicture, type Point } from '../../machines/endpoint-picture.ts';

const { states, ways, box, width, height } = endpointPicture;
const drawing = drawingOf('endpoint');
// A sign's radius.
const sign = 10;

describe('the picture', () => {
  it('has the chart’s states, and no other', () => {
    expect(Object.keys(states).sort()).toEqual(drawing.states.map(({ name }) => name).sort());
  });

  it('has a way for each of the chart’s transitions', () => {
    expect(drawing.transitions.map(({ from, to }) => `${from} ${to}`).filter((way) => !(way in ways))).toEqual([]);
  });

  it('tells the chart’s facts', () => {
    expect(drawnFacts).toEqual(drawing.transitions);
  });

  it('keeps its signs apart from each other, from the boxes, and within the drawing', () => {
    const places = Object.entries(ways);
    const close = places.flatMap(([one, a], i) =>
      places.slice(i + 1).flatMap(([other, b]) => (distance(a, b) < 2 * sign ? [`${one} - ${other}`] : [])),
    );
    const covered = places.flatMap(([way, at]) =>
      Object.entries(states).flatMap(([state, centre]) =>
        Math.abs(at.x - centre.x) < box.width / 2 + sign && Math.abs(at.y - centre.y) < box.height / 2 + sign
          ? [`${way} on ${state}`]
          : [],
      ),
    );
    const outside = places.filter(([, { x, y }]) => x < sign || y < sign || x > width - sign || y > height - sign);
    expect({ close, covered, outside }).toEqual({ close: [], covered: [], outside: [] });
  });
});

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
