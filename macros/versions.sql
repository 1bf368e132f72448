{# Writes true when this version of the patient register is among the delivered ones, else false.
   No version at all, or a version nobody knows, is an error. #}
{% macro lpr_delivered(version) -%}
    {%- set known = ["2", "3f"] -%}
    {%- set delivered = var("lpr_versions") | map("string") | list -%}
    {%- if delivered | length == 0 -%}
        {{-
            exceptions.raise_compiler_error(
                "var 'lpr_versions' is empty, name at least one of 2, 3f"
            )
        -}}
    {%- endif -%}
    {%- for name in delivered if name not in known -%}
        {{-
            exceptions.raise_compiler_error(
                "var 'lpr_versions' names an unknown version, known are 2, 3f"
            )
        -}}
    {%- endfor -%}
    {{- "true" if version in delivered else "false" -}}
{%- endmacro %}
