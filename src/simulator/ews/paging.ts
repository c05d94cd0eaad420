import type { Element } from '../../xml/element.ts'
import { EwsRefusal } from './errors.ts'

/** A page of a result, and what the answer says about its place in the whole. */
export interface Page<Value> {
  readonly values: readonly Value[]
  /** Attributes of `m:RootFolder`. */
  readonly attributes: Readonly<Record<string, string | number | boolean>>
}

/** The whole result at once. */
function whole<Value>(all: readonly Value[]): Page<Value> {
  return { values: all, attributes: { TotalItemsInView: all.length, IncludesLastItemInRange: true } }
}

/**
 * Cuts the page that an indexed or fractional view asks for.
 * @throws EwsRefusal for a page that cannot be.
 */
export function cutPage<Value>(all: readonly Value[], view: Element | undefined): Page<Value> {
  if (!view) return whole(all)
  const text = view.attributes.MaxEntriesReturned
  const max = text === undefined ? all.length : Number(text)
  if (text !== undefined && max <= 0) throw new EwsRefusal('ErrorInvalidPagingMaxRows')
  return view.name.startsWith('Fractional') ? fractionalPage(all, view, max) : indexedPage(all, view, max)
}

function indexedPage<Value>(all: readonly Value[], view: Element, max: number): Page<Value> {
  // A ContactsView is a page from the beginning.
  const offset = Number(view.attributes.Offset ?? 0)
  if (offset < 0) throw new EwsRefusal('ErrorInvalidIndexedPagingParameters')
  const total = all.length
  // Counted from the end, the page before the offset is the one wanted; it keeps the order of the whole.
  const fromEnd = view.attributes.BasePoint === 'End'
  const start = fromEnd ? Math.max(0, total - offset - max) : Math.min(offset, total)
  const end = fromEnd ? Math.max(0, total - offset) : Math.min(total, start + max)
  return {
    values: all.slice(start, end),
    attributes: {
      IndexedPagingOffset: fromEnd ? total - start : end,
      TotalItemsInView: total,
      IncludesLastItemInRange: fromEnd ? start === 0 : end === total,
    },
  }
}

function fractionalPage<Value>(all: readonly Value[], view: Element, max: number): Page<Value> {
  const [numerator, denominator] = [Number(view.attributes.Numerator), Number(view.attributes.Denominator)]
  if (numerator < 0 || denominator <= 0 || numerator > denominator) {
    throw new EwsRefusal('ErrorInvalidFractionalPagingParameters')
  }
  const start = Math.floor((all.length * numerator) / denominator)
  const end = Math.min(all.length, start + max)
  return {
    values: all.slice(start, end),
    attributes: {
      NumeratorOffset: end,
      AbsoluteDenominator: all.length,
      TotalItemsInView: all.length,
      IncludesLastItemInRange: end === all.length,
    },
  }
}
