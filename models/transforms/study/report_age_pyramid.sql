{%- set breaks = [5, 10, 15, 20, 25] -%}
{%- set labels = ["0-4", "5-9", "10-14", "15-19", "20-24", "25+"] %}
with
    banded_persons as (
        select role, {{ bins("age", breaks, labels) }} as age_band, sex
        from {{ ref("study_persons") }}
        where age is not null and sex is not null
    ),

    report_age_pyramid as (
        select role, age_band, sex, count(*) as n
        from banded_persons
        group by role, age_band, sex
    )

select *
from report_age_pyramid
