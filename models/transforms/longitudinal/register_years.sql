{%- set registers = {
    "population": "is_resident",
    "jobs": "n_jobs",
    "contacts": "n_hospital_contacts",
    "procedures": "n_procedures",
    "prescriptions": "n_dispensings",
    "laboratory_results": "n_laboratory_results",
    "health_services": "n_health_services",
} -%}
with
    covered_years as (
        select
            year,
            count(*) as persons
            {%- for register, column in registers.items() %}
                , bool_or({{ column }} is not null) as covers_{{ register }}
            {%- endfor %}
        from {{ ref("observed_years") }}
        group by year
    )

select *
from covered_years
