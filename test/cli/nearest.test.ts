import { describe, expect, it } from 'vitest'
import { nearest } from '../../src/cli/nearest.ts'

describe('nearest', () => {
  it.each([
    ['calender', 'calendar'],
    ['CALENDAR', 'calendar'],
    ['caledar', 'calendar'],
    ['clanedar', 'calendar'],
    ['cal', 'calendar'],
    ['inbx', 'inbox'],
  ])('takes %s for %s', (typed, meant) => {
    expect(nearest(typed, ['inbox', 'calendar', 'tasks'])).toBe(meant)
  })

  it('guesses nothing for a word that is far from all', () => {
    expect(nearest('voicemail', ['inbox', 'calendar', 'tasks'])).toBeUndefined()
    expect(nearest('', ['inbox'])).toBeUndefined()
    expect(nearest('anything', [])).toBeUndefined()
  })
})
