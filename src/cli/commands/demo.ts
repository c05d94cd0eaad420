import { defineCommand } from '../command.ts'

export const demo = defineCommand({
  name: 'demo',
  summary:
    'Grants a delegate over EWS and proves it with a Graph send, step by step, on an embedded Exchange',
  details: 'Nothing leaves this machine, and nothing is left behind.',
  expendable: true,
  operands: [],
  flags: {},
  examples: [['demo', '']],
  run: async (context) => (await import('../demo-story.ts')).tellStory(context),
})
