// The embedded Exchange in a process of its own, for apply.mjs: the number of mailboxes is its argument. Asked by any
// message, it tells the CPU time that it has taken.
import { startSimulator } from '../dist/simulator/index.js'

const count = Number(process.argv[2])
const simulator = await startSimulator({
  tenant: {
    domain: 'contoso.com',
    password: 'Delegate-123',
    mailboxes: [
      ...Array.from({ length: count }, (_, index) => ({ address: `owner${index}@contoso.com` })),
      { address: 'assistant@contoso.com' },
      { address: 'admin@contoso.com' },
    ],
    administrators: ['admin@contoso.com'],
  },
})
const milliseconds = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
process.send(simulator.ews)
process.on('message', () => process.send(milliseconds()))
process.on('disconnect', () => simulator.close().then(() => process.exit(0)))
