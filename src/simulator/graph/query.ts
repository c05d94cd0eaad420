import { badRequest, GraphError, notModelled } from './errors.ts'
import { type MessageFilter, parseFilter, unknownProperty, valueAt } from './filter.ts'
import { SELECT_ONLY } from './message-output.ts'

/** What the query options of a list ask for. */
export interface ListQuery {
  readonly select: readonly string[] | undefined
  readonly filter: MessageFilter | undefined
  readonly orderBy: readonly { readonly path: readonly string[]; readonly descending: boolean }[]
  readonly top: number
  readonly skip: number
  readonly count: boolean
  readonly expandAttachments: boolean
}

const DEFAULT_PAGE = 10
const MAX_PAGE = 1000
const KNOWN_OPTIONS = ['$select', '$filter', '$orderby', '$top', '$skip', '$count', '$expand', '$skiptoken']

/** @param properties names of the listed type. */
export function readListQuery(query: URLSearchParams, properties: readonly string[]): ListQuery {
  const options = readOptions(query)
  const filter = options.get('$filter')
  const orderBy = options.get('$orderby')
  return {
    select: readSelect(options.get('$select'), properties),
    filter: filter === undefined ? undefined : parseFilter(filter, properties),
    orderBy: orderBy === undefined ? [] : readOrderBy(orderBy, properties),
    top: readCount(options.get('$top'), '$top', 1, MAX_PAGE) ?? DEFAULT_PAGE,
    skip: readCount(options.get('$skip'), '$skip', 0, Number.MAX_SAFE_INTEGER) ?? 0,
    count: options.get('$count')?.toLowerCase() === 'true',
    expandAttachments: readExpand(options.get('$expand')),
  }
}

export interface ItemQuery {
  readonly select: readonly string[] | undefined
  readonly expandAttachments: boolean
}

export function readItemQuery(query: URLSearchParams, properties: readonly string[]): ItemQuery {
  const options = readOptions(query)
  return {
    select: readSelect(options.get('$select'), properties),
    expandAttachments: readExpand(options.get('$expand')),
  }
}

/** Names of options without regard to case, and with or without the dollar sign, which OData 4.01 leaves out. */
function readOptions(query: URLSearchParams): Map<string, string> {
  const options = new Map<string, string>()
  for (const [name, value] of query) {
    const folded = name.toLowerCase()
    const option = KNOWN_OPTIONS.find((known) => known === folded || known.slice(1) === folded)
    if (option) options.set(option, value)
    else if (folded === '$search') throw notModelled('$search')
    else if (folded.startsWith('$'))
      throw badRequest(`The query parameter '${name.slice(0, 60)}' is not supported.`)
  }
  return options
}

function readSelect(text: string | undefined, properties: readonly string[]): readonly string[] | undefined {
  if (text === undefined || text.trim() === '' || text.trim() === '*') return undefined
  return text.split(',').map((part) => {
    const name = part.trim()
    const known = properties.find((property) => property.toLowerCase() === name.toLowerCase())
    if (!known) throw unknownProperty(name)
    return known
  })
}

function readOrderBy(text: string, properties: readonly string[]): ListQuery['orderBy'] {
  return text.split(',').map((part) => {
    const match = /^\s*([\w/]{1,200})(?:\s+(asc|desc))?\s*$/i.exec(part)
    const path = match?.[1]?.split('/') ?? []
    if (!properties.some((property) => property.toLowerCase() === path[0]?.toLowerCase())) {
      throw unknownProperty(path[0] ?? part.trim())
    }
    return { path, descending: match?.[2]?.toLowerCase() === 'desc' }
  })
}

function readCount(text: string | undefined, name: string, least: number, most: number): number | undefined {
  if (text === undefined) return undefined
  const value = /^\d{1,15}$/.test(text.trim()) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw new GraphError(
    400,
    'ErrorInvalidUrlQuery',
    `The limit of '${most}' for '${name}' query has been exceeded, or its value '${text.slice(0, 40)}' is not a number from ${least}.`,
  )
}

function readExpand(text: string | undefined): boolean {
  if (text === undefined || text.trim() === '') return false
  if (/^\s*attachments\s*$/i.test(text)) return true
  throw notModelled(`$expand=${text.slice(0, 100)}`)
}

/** The properties asked for; id and etag are always there. Without `$select` all but those that have to be asked for. */
export function project(
  json: Record<string, unknown>,
  select: readonly string[] | undefined,
): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(json)) {
    // Attachments are there only when `$expand` asked for them.
    const wanted = select
      ? select.includes(name) || name === 'id' || name === 'attachments'
      : !SELECT_ONLY.includes(name)
    if (wanted || name.startsWith('@')) result[name] = value
  }
  return result
}

export function sorted(
  values: Record<string, unknown>[],
  orderBy: ListQuery['orderBy'],
): Record<string, unknown>[] {
  if (orderBy.length === 0) return values
  return values.toSorted((a, b) => {
    for (const { path, descending } of orderBy) {
      const [left, right] = [sortKey(valueAt(a, path)), sortKey(valueAt(b, path))]
      if (left !== right) return (left < right ? -1 : 1) * (descending ? -1 : 1)
    }
    return 0
  })
}

function sortKey(value: unknown): string | number {
  if (typeof value === 'boolean') return value ? 1 : 0
  return typeof value === 'string' ? value.toLowerCase() : ''
}
