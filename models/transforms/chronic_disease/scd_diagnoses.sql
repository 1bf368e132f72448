with
    -- one step a definition, each in the order of the diagnoses: they are merged, not
    -- sorted
    scd_diagnoses as (
        {% for definition in var("scd_definitions") %}
            select
                matched.pnr,
                {{ literal(definition) }} as definition,
                matched.contact_id,
                matched.diagnosis_role,
                matched.diagnosis_code,
                matched.prefix,
                matched.category,
                matched.severity,
                matched.is_congenital,
                matched.diagnosis_date
            from ({{ scd_matches(definition) }}) as matched
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    )

select *
from scd_diagnoses
