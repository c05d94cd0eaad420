import type { Constant, Restriction } from '../../model/restriction.ts'
import type { XmlWriter } from '../../xml/builder.ts'
import { writePropertyPath } from './property-path.ts'

/** Writes `m:Restriction` around a checked tree. */
export function writeRestriction(body: XmlWriter, restriction: Restriction | undefined): void {
  if (restriction) body.element('m:Restriction', (root) => writeExpression(root, restriction))
}

function writeExpression(parent: XmlWriter, restriction: Restriction): void {
  const { op } = restriction
  if ('operands' in restriction) {
    const [only, ...more] = restriction.operands
    // "Two or more" say the And and Or pages of the reference; of one operand both mean that operand.
    if (only && more.length === 0) writeExpression(parent, only)
    else {
      parent.element(`t:${op}`, (inner) => {
        for (const operand of restriction.operands) writeExpression(inner, operand)
      })
    }
  } else if (restriction.op === 'Not') {
    parent.element('t:Not', (inner) => writeExpression(inner, restriction.operand))
  } else if (restriction.op === 'Exists') {
    parent.element('t:Exists', (inner) => writePropertyPath(inner, restriction.path))
  } else if (restriction.op === 'Contains') {
    const { path, value, mode = 'Substring', comparison = 'IgnoreCase' } = restriction
    parent.element(
      't:Contains',
      (inner) => {
        writePropertyPath(inner, path)
        inner.element('t:Constant', undefined, { Value: value })
      },
      { ContainmentMode: mode, ContainmentComparison: comparison },
    )
  } else {
    const { path, value } = restriction
    parent.element(`t:${op}`, (inner) => {
      writePropertyPath(inner, path)
      inner.element('t:FieldURIOrConstant', (operand) => {
        if (typeof value === 'object' && !(value instanceof Date)) writePropertyPath(operand, value.path)
        else operand.element('t:Constant', undefined, { Value: formatConstant(value) })
      })
    })
  }
}

function formatConstant(value: Constant): string {
  return value instanceof Date ? value.toISOString().replace('.000Z', 'Z') : String(value)
}
