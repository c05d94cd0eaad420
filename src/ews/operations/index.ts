/** Every EWS operation this client speaks. To add one: a file beside this one, and its line here. */
export { addDelegate } from './add-delegate.ts'
export { getDelegate } from './get-delegate.ts'
export { getFolder } from './get-folder.ts'
export { removeDelegate } from './remove-delegate.ts'
export { updateDelegate } from './update-delegate.ts'
export { updateFolder } from './update-folder.ts'
