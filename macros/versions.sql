{# Writes true when this version of the patient register is among the delivered ones, else false.
   No version at all, or a version nobody knows, is an error. #}
{% macro lpr_delivered(version) -%}
    {%- set known = ["2", "3f", "3a"] -%}
    {%- set delivered = var("lpr_versions") | map("string") | list -%}
    {%- if delivered | length == 0 -%}
        {{-
            exceptions.raise_compiler_error(
                "var 'lpr_versions' is empty, name at least one of 2, 3f, 3a"
            )
        -}}
    {%- endif -%}
    {%- for name in delivered if name not in known -%}
        {{-
            exceptions.raise_compiler_error(
                "var 'lpr_versions' names an unknown version, known are 2, 3f, 3a"
            )
        -}}
    {%- endfor -%}
    {{- "true" if version in delivered else "false" -}}
{%- endmacro %}

{# The rows of a subject (contacts, diagnoses, procedures) from the steps of the delivered versions, one below the
   other. `versions` are those that have such a step. #}
{% macro from_lpr_versions(subject, columns, versions=["2", "3f", "3a"]) -%}
    {%- set steps = {"2": "lpr2", "3f": "lpr3", "3a": "lpr_a"} -%}
    {%- for version in versions if lpr_delivered(version) == "true" %}
        select {{ columns }}
        from {{ ref(steps[version] ~ "_" ~ subject) }}
        {% if not loop.last %}
            union all
        {% endif %}
    {%- endfor %}
{%- endmacro %}

{# A condition: a row of the third version counts. Beside the second version only the reporting systems of a list variable
   do, and rows that name none: the rest is migrated history. #}
{% macro lpr3_counts(system, systems="lpr3_reporting_systems") -%}
    {%- if lpr_delivered("2") == "true" -%}
        (
            {{ system }} is null
            or upper({{ system }}) in ({{ quoted(var(systems), upper=true) }})
        )
    {%- else -%} true
    {%- endif -%}
{%- endmacro %}
