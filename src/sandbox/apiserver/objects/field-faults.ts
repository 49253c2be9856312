import type { FieldFault } from './api-errors.ts';

/** The kinds of fault a field can have, with the reasons and the wording of the API. */
export const fieldFault = {
  required(field: string, detail = ''): FieldFault {
    return fault(field, 'FieldValueRequired', join('Required value', detail));
  },
  invalid(field: string, value: unknown, detail: string): FieldFault {
    return fault(field, 'FieldValueInvalid', join(`Invalid value: ${shown(value)}`, detail));
  },
  typeInvalid(field: string, value: unknown, detail: string): FieldFault {
    return fault(field, 'FieldValueTypeInvalid', join(`Invalid value: ${shown(value)}`, detail));
  },
  forbidden(field: string, detail: string): FieldFault {
    return fault(field, 'FieldValueForbidden', join('Forbidden', detail));
  },
  duplicate(field: string, value: unknown): FieldFault {
    return fault(field, 'FieldValueDuplicate', `Duplicate value: ${shown(value)}`);
  },
  notSupported(field: string, value: unknown, supported: readonly unknown[]): FieldFault {
    const listed = supported.map(shown).join(', ');
    const message = `Unsupported value: ${shown(value)}: supported values: ${listed}`;
    return fault(field, 'FieldValueNotSupported', message);
  },
  tooLong(field: string, bytes: number): FieldFault {
    return fault(field, 'FieldValueTooLong', `Too long: may not be more than ${bytes} bytes`);
  },
  tooMany(field: string, count: number, most: number): FieldFault {
    const message = `Too many: ${count}: must have at most ${most} items`;
    return fault(field, 'FieldValueTooMany', message);
  },
};

function fault(field: string, reason: string, message: string): FieldFault {
  return { field, reason, message };
}

function join(head: string, detail: string): string {
  return detail === '' ? head : `${head}: ${detail}`;
}

function shown(value: unknown): string {
  return value === undefined || value === null ? 'null' : JSON.stringify(value);
}
