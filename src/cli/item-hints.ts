import { itemHintFor } from '../ews/response-codes.ts'

/** Where the words of the command line say it better than those of the library. */
const HINTS: Readonly<Record<string, string>> = {
  ErrorSendMeetingCancellationsRequired:
    'There are appointments among them: say --notify none or --notify all.',
  ErrorSendMeetingInvitationsOrCancellationsRequired:
    'There are appointments among them: say --notify none, all or changed.',
  ErrorAffectedTaskOccurrencesRequired: 'There are tasks among them: leave --only-this out, or give it.',
  ErrorCalendarFolderIsInvalidForCalendarView: 'Leave --from and --to out, or name a calendar.',
  ErrorItemNotFound:
    'It does not exist any more, moving it gave it another id, or the signed-in account may not see it; Exchange does not say which.',
  ErrorInvalidIdMalformed: 'Ids are long: check that it was copied whole.',
  ErrorNameResolutionNoResults: 'Try the beginning of a first or last name, or the alias.',
}

/** What can be done about a code that one item or folder was refused with. */
export function itemHint(code: string): string | undefined {
  return HINTS[code] ?? itemHintFor(code)
}
