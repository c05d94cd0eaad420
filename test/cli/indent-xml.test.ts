import { describe, expect, it } from 'vitest'
import { indentXml } from '../../src/cli/indent-xml.ts'

describe('indentXml', () => {
  it('puts each element on a line of its own and leaves text beside its tags', () => {
    expect(indentXml('<?xml version="1.0"?><a><b x="1">t &lt; u</b><c/><d></d></a>')).toBe(
      '<?xml version="1.0"?>\n<a>\n  <b x="1">t &lt; u</b>\n  <c/>\n  <d>\n  </d>\n</a>',
    )
  })
})
