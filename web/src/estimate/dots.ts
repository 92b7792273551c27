/** A dot of the strip: `x` in pixels, `level` 0 at the bottom. */
export interface Dot {
  x: number;
  level: number;
  exceeds: boolean;
}

/**
 * Stack dots that would overlap (Wilkinson's dot plot), and move stacks that still would a little to the right. `positions` ascend, in pixels; a stack never mixes dots from
 * both sides of `boundary`, so that counting the dots past the budget line gives the number in the text.
 */
export function stackDots(positions: readonly number[], diameter: number, boundary: number | null): Dot[] {
  const stacks: number[][] = [];
  const exceeds = (x: number) => boundary !== null && x > boundary;
  for (const x of positions) {
    const stack = stacks.at(-1);
    const first = stack?.[0];
    if (stack && first !== undefined && x - first < diameter && exceeds(first) === exceeds(x)) stack.push(x);
    else stacks.push([x]);
  }
  let free = Number.NEGATIVE_INFINITY;
  return stacks.flatMap((stack) => {
    const over = exceeds(stack[0] ?? 0);
    const mean = stack.reduce((sum, x) => sum + x, 0) / stack.length;
    const moved = Math.max(mean, free);
    const centre = exceeds(moved) === over ? moved : mean;
    free = centre + diameter;
    return stack.map((_, level) => ({ x: centre, level, exceeds: over }));
  });
}
