// npm run bench: everything; npm run bench -- soap: one of them.
const all = ['soap', 'find-item', 'start-up', 'simulator', 'apply']
const chosen = process.argv.slice(2)
for (const name of chosen.length > 0 ? chosen : all) {
  if (!all.includes(name)) {
    console.error(`There is no benchmark ${name}; there are ${all.join(', ')}.`)
    process.exit(2)
  }
  await import(`./${name}.mjs`)
  console.log()
}
