{# A query: the diagnoses that may establish a severe chronic disease, whatever their code: in one of the roles of
   scd_roles, not ruled out, between scd_from and scd_to. A diagnosis without a date passes the bounds. #}
{% macro scd_counted() -%}
    select
        pnr,
        contact_id,
        diagnosis_role,
        diagnosis_code,
        admission_date as diagnosis_date
    from {{ ref("diagnoses") }}
    where
        diagnosis_role in ({{ quoted(var("scd_roles")) }})
        and later_disproved is not true
        and coalesce(
            {{ between_bounds("admission_date", var("scd_from"), var("scd_to")) }}, true
        )
{%- endmacro %}

{# A query: the counted diagnoses whose code a definition lists, each once, with what the list says of it. The first
   four characters are looked up before the first three, both by equality, which keeps the order of the diagnoses. #}
{% macro scd_listed(definition) -%}
    {%- set codes -%}
        select * from {{ ref("scd_codes") }} where definition = {{ literal(definition) }}
    {%- endset -%}
    select
        counted.*
        {%- for column in ["prefix", "category", "severity", "is_congenital"] %}
            ,
            case
                when long_codes.prefix is not null
                then long_codes.{{ column }}
                else short_codes.{{ column }}
            end as {{ column }}
        {%- endfor %}
    from ({{ scd_counted() }}) as counted
    left join
        ({{ codes }} and length(prefix) = 3) as short_codes
        on short_codes.prefix = substr(counted.diagnosis_code, 1, 3)
    left join
        ({{ codes }} and length(prefix) = 4) as long_codes
        on long_codes.prefix = substr(counted.diagnosis_code, 1, 4)
    where coalesce(long_codes.prefix, short_codes.prefix) is not null
{%- endmacro %}

{# A query: the diagnoses of scd_listed that also keep scd_include_congenital, scd_min_age and scd_max_age. An age that
   is not known passes; persons are read only when an age is bound. #}
{% macro scd_matches(definition) -%}
    {%- set youngest, oldest = var("scd_min_age"), var("scd_max_age") -%}
    {%- set unbound = ["", none] -%}
    {%- set age = scd_age("persons.birth_date", "listed.diagnosis_date") -%}
    select listed.*
    from ({{ scd_listed(definition) }}) as listed
    {% if youngest not in unbound or oldest not in unbound %}
        left join {{ ref("persons") }} as persons on persons.pnr = listed.pnr
    {% endif %}
    where
        true
        {% if not var("scd_include_congenital") %}
            and not listed.is_congenital
        {% endif %}
        {% if youngest not in unbound %}
            and coalesce({{ age }} >= {{ youngest }}, true)
        {% endif %}
        {% if oldest not in unbound %}
            and coalesce({{ age }} <= {{ oldest }}, true)
        {% endif %}
{%- endmacro %}

{# Age at a diagnosis as severe chronic disease counts it: days since birth divided by 365, without the rest. #}
{% macro scd_age(birth_date, date) -%}
    cast({{ days_between(birth_date, date) }} / 365 as int)
{%- endmacro %}
