import type { GraphContext } from './context.ts'
import { type ListQuery, project, sorted } from './query.ts'

/** One page of a list, with the link to the next. `values` hold every property. */
export function collectionPage(
  context: GraphContext,
  query: ListQuery,
  values: Record<string, unknown>[],
  metadata: string,
): Record<string, unknown> {
  const matching = query.filter ? values.filter(query.filter) : values
  const page = sorted(matching, query.orderBy).slice(query.skip, query.skip + query.top)
  return {
    '@odata.context': `${context.origin}/${context.version}/$metadata#${metadata}`,
    ...(query.count ? { '@odata.count': matching.length } : {}),
    ...nextLink(context, query, query.skip + page.length < matching.length),
    value: page.map((value) => project(value, query.select)),
  }
}

/** The same request with a `$skip` further on: its other options have to stay. */
export function nextLink(
  context: GraphContext,
  query: ListQuery,
  more: boolean,
): { '@odata.nextLink'?: string } {
  if (!more) return {}
  const options = [...context.query]
    .filter(([name]) => !/^\$?skip$/i.test(name))
    .map(([name, value]) => `${encodeURIComponent(name).replace('%24', '$')}=${encodeURIComponent(value)}`)
  options.push(`$skip=${query.skip + query.top}`)
  return { '@odata.nextLink': `${context.origin}/${context.version}/${context.path}?${options.join('&')}` }
}
