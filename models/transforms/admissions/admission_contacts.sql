{{ config(materialized="view") }}
{%- set nights = var("admission_nights") %}

with
    admission_contacts as (
        select pnr, contact_id, admission_date, discharge_date
        from {{ ref("contacts") }}
        where
            admission_date <= discharge_date
            and discharge_date < cast('9999-12-31' as date)
            {% if var("admission_types") %}
                and admission_type in ({{ quoted(var("admission_types")) }})
            {% endif %}
            {% if nights %}
                and {{ days_between("admission_date", "discharge_date") }}
                >= {{ nights }}
            {% endif %}
    )

select *
from admission_contacts
