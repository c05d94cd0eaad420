/** All that an iterator yields; Array.fromAsync is newer than the oldest Node we support. */
export async function collect<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const all: Value[] = []
  for await (const value of values) all.push(value)
  return all
}
