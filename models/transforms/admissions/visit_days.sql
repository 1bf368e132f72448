with
    visit_dates as (
        {% if lpr_delivered("2") == "true" %}
            select pnr, visit_date from {{ ref("visits") }}
        {% endif %}
        {% if lpr_delivered("2") == "true" and (
                lpr_delivered("3f") == "true" or lpr_delivered("3a") == "true"
            ) %}
            union all
        {% endif %}
        {% if lpr_delivered("3f") == "true" or lpr_delivered("3a") == "true" %}
            select pnr, admission_date as visit_date
            from {{ ref("contacts") }}
            where
                lpr_version = 3
                and discharge_date = admission_date
                and admission_type in ({{ quoted(var("visit_contact_types")) }})
        {% endif %}
    ),

    visit_days as (
        select pnr, visit_date, count(*) as n_contacts
        from visit_dates
        group by pnr, visit_date
    )

select *
from visit_days
