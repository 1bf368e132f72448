{%- set registers = var("death_cause_registers") -%}
{%- if registers | length == 0 -%}
    {{
        exceptions.raise_compiler_error(
            "var 'death_cause_registers' is empty, name at least one of dodsaars, dodsaasg"
        )
    }}
{%- endif -%}
with
    death_certificates as (
        {% for register in registers %}
            select
                {{ text("pnr") }} as pnr,
                {{ text("c_aarsag") }} as c_aarsag,
                {{ text("c_tilstand") }} as c_tilstand,
                d_dato,
                '{{ register }}' as register,
                period_start,
                period_end,
                source_file
            from {{ source("raw", register) }}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    )

select *
from death_certificates
