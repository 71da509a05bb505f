package demo.tools.verify;

import java.util.List;

/**
 * One arrow of the architecture, and how to see whether it carries anything.
 *
 * @param name      the check's name
 * @param from      who acts
 * @param to        on whom
 * @param file      where it is configured
 * @param setting   the setting there without which it breaks
 * @param symptom   what people see when it is broken
 * @param service   whose log says more
 * @param takesTime whether data travels (worth asking again) or the answer is fixed
 * @param needs     arrows, earlier in the list, without which this one can carry nothing: when one of them is broken, this
 *                  one only follows from it
 */
record Arrow(String name, String from, String to, String file, String setting, String symptom, String service,
        boolean takesTime, Check check, List<String> needs) {
    Arrow needing(String... names) {
        return new Arrow(name, from, to, file, setting, symptom, service, takesTime, check, List.of(names));
    }
}
