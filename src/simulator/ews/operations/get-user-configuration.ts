import { requireChild } from '../../../xml/element.ts'
import { NAMESPACES } from '../../../xml/namespaces.ts'
import { EwsRefusal } from '../errors.ts'
import type { EwsOperation } from '../operation.ts'
import { itemizedResponse, message } from '../response.ts'
import { requireTargetFolder } from '../target-folder.ts'

/**
 * Configuration objects (categories, OWA's settings, …) are hidden items that nothing here makes: asked for one, a
 * new mailbox answers that it is not there, which is what clients are prepared for.
 */
export const getUserConfiguration: EwsOperation = {
  name: 'GetUserConfiguration',
  requestType: 'GetUserConfigurationType',
  since: 'Exchange2010',
  handle(context, request) {
    return itemizedResponse('GetUserConfiguration', [
      message('m:GetUserConfigurationResponseMessage', () => {
        const name = requireChild(request, 'UserConfigurationName', NAMESPACES.messages)
        requireTargetFolder(context, name, 'ErrorFolderNotFound')
        throw new EwsRefusal('ErrorItemNotFound')
      }),
    ])
  },
}
