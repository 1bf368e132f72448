{{ config(enabled=(var("scd_definitions") | length > 1)) }}

{%- set definitions = var("scd_definitions") | sort -%}
with
    -- one step a pair, each in the order of the persons: merged, not sorted
    compared_persons as (
        {% for a in definitions %}
            {% set outer = loop %}
            {% for b in definitions[outer.index :] %}
                select
                    pnr,
                    {{ literal(a) }} as definition_a,
                    {{ literal(b) }} as definition_b,
                    bool_or(is_scd and definition = {{ literal(a) }}) as in_a,
                    bool_or(is_scd and definition = {{ literal(b) }}) as in_b,
                    min(first_scd_date) as first_scd_date,
                    sum(n_scd_diagnoses) as n_scd_diagnoses
                from {{ ref("scd_patients") }}
                where definition in ({{ quoted([a, b]) }})
                group by pnr
                {% if not (loop.last and outer.index == definitions | length - 1) %}
                    union all
                {% endif %}
            {% endfor %}
        {% endfor %}
    ),

    scd_definition_differences as (
        select * from compared_persons where in_a is distinct from in_b
    )

select *
from scd_definition_differences
