import type { ReactNode } from "react";
import { useWatch, type UseFormReturn } from "react-hook-form";
import { counted, size, UNITS, type Unit } from "@/format";
import type { ReadSize } from "@/sizes";
import { describedBy, Field } from "@/components/Field";
import { inUnit, readAmount, type FormValues, type SizeName } from "./question";

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

/** An amount and its unit, beside it or typed with it; the hint says how it was understood. */
export function SizeField({ form, name, label, optional = false, hint, help, onChooseUnit }: SizeFieldProps) {
  const id = sizeId(name);
  const unitName = `${name}Unit` as const;
  const [amount, unit] = useWatch({ control: form.control, name: [name, unitName] });
  const error = form.formState.errors[name]?.message;
  const read = readAmount(amount, unit);
  const understood = "bytes" in read && read.bytes > 0 ? read : null;
  const described = understood ? inWords(understood) : hint;
  const shown = understood?.unit ?? unit;
  const choose = (choice: string) => {
    form.setValue(unitName, choice as Unit);
    form.setValue(name, inUnit(amount, choice));
    onChooseUnit();
  };
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
        <select aria-label={`Unit of ${label.toLowerCase()}`} value={shown} onChange={({ target }) => choose(target.value)}>
          {[...new Set([...Object.keys(UNITS), shown])].map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
      </div>
    </Field>
  );
}

/** "1200.5 GB is 1,200,500,000,000 bytes": the number without its separators, so that a wrong reading shows. */
function inWords({ bytes, number, unit }: Extract<ReadSize, { bytes: number }>): string {
  const whole = counted(bytes, "byte");
  return unit === "B" ? `${whole}, ${size(bytes)}` : `${number.replace(/[ ,']/g, "")} ${unit} is ${whole}`;
}
