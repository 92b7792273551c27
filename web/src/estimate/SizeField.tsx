import type { ReactNode } from "react";
import { useWatch, type UseFormReturn } from "react-hook-form";
import { count, UNITS } from "@/format";
import { describedBy, Field } from "@/components/Field";
import { toBytes, type FormValues, type SizeName } from "./question";

interface SizeFieldProps {
  form: UseFormReturn<FormValues>;
  name: SizeName;
  label: string;
  optional?: boolean;
  /** Said until there is an amount, whose bytes are then said instead. */
  hint?: ReactNode;
  help?: ReactNode;
  onChooseUnit: () => void;
}

export const sizeId = (name: SizeName) => `${name}-size`;

/** An amount and its unit; the hint says how many bytes that is. */
export function SizeField({ form, name, label, optional = false, hint, help, onChooseUnit }: SizeFieldProps) {
  const id = sizeId(name);
  const unitName = `${name}Unit` as const;
  const [amount, unit] = useWatch({ control: form.control, name: [name, unitName] });
  const error = form.formState.errors[name]?.message;
  const bytes = toBytes(amount, unit);
  const described = bytes !== null && bytes > 0 ? `${count(bytes)} bytes` : hint;
  return (
    <Field id={id} label={label} optional={optional} error={error} hint={described} help={help}>
      <div className="amount">
        <input
          id={id}
          inputMode="decimal"
          autoComplete="off"
          aria-invalid={error !== undefined}
          aria-describedby={describedBy(id, described, error)}
          {...form.register(name)}
        />
        <select aria-label={`Unit of ${label.toLowerCase()}`} {...form.register(unitName, { onChange: onChooseUnit })}>
          {Object.keys(UNITS).map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
      </div>
    </Field>
  );
}
