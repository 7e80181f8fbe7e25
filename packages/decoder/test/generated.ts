/** Runs a generation to its end -> what it returns. */
export async function generated<T>(steps: AsyncGenerator<number, T>): Promise<T> {
  for (;;) {
    const step = await steps.next();
    if (step.done) return step.value;
  }
}
